"""What holds for every test of the benchmarks. It does not know what is measured."""

from __future__ import annotations

import torch

# As the tests of the window and of the models: threads that wait for each other cost more.
torch.set_num_threads(1)
