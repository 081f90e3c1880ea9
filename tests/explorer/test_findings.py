"""The strip says what is wrong with a training, and its button mends it in the running window."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from explorer.training.findings import TABLE_ROWS, FindingStrip
from models import finding
from models.facts import Facts
from models.train import TrainConfig
from tests.explorer.test_window_training import curve, stop, train

FACTS = Facts(training=90, episodes=1, mean_image_error=135.0, one_sidedness=0.3)
ROWS = finding.latent_rows(np.linspace(-2, 2, 32), np.linspace(0.2, 3, 32))
WEAK = finding.kl_too_weak(TrainConfig(beta=1e-4), FACTS, ROWS)
FEW = finding.too_few(FACTS)
SIDED = finding.one_sided(FACTS)


@pytest.fixture
def strip(qtbot):
    strip = FindingStrip()
    qtbot.addWidget(strip)
    strip.resize(330, 200)
    return strip


@pytest.fixture
def asked(strip):
    """What the strip has asked for, in order."""
    asked = []
    strip.cureRequested.connect(asked.append)
    strip.dismissed.connect(asked.append)
    return asked


def press(qtbot, strip, name):
    button = strip.findChild(QWidget, name)
    assert button.isVisible() and button.isEnabled(), f"{name} cannot be pressed"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def said(strip):
    return strip.findChild(QLabel, "diagnosisSentence").text()


def test_the_strip_is_there_only_while_something_is_wrong(strip):
    assert strip.isHidden() and strip.finding() is None
    strip.setFindings([FEW])
    assert strip.isVisible() and said(strip) == FEW.sentence
    assert strip.findChild(QLabel, "diagnosisEvidence").text() == FEW.evidence
    assert strip.findChild(QLabel, "diagnosisSentence").textFormat() == Qt.TextFormat.PlainText
    for name in ("previousFindingButton", "nextFindingButton", "diagnosisTableButton"):
        assert strip.findChild(QWidget, name).isHidden()
    strip.setFindings([])
    assert strip.isHidden()


def test_of_several_the_gravest_is_shown_and_the_arrows_reach_the_others(strip, qtbot):
    strip.setFindings([WEAK, FEW, SIDED])
    assert strip.finding() is WEAK and not strip.previousButton.isEnabled()
    assert "1 of 3" in [label.text() for label in strip.findChildren(QLabel)]
    press(qtbot, strip, "nextFindingButton")
    press(qtbot, strip, "nextFindingButton")
    assert said(strip) == SIDED.sentence and not strip.nextButton.isEnabled()
    strip.setFindings([FEW, SIDED])
    assert strip.finding() is SIDED, "one that a person went to stays"
    strip.setFindings([WEAK, FEW])
    assert strip.finding() is WEAK
    press(qtbot, strip, "nextFindingButton")
    press(qtbot, strip, "previousFindingButton")
    assert strip.finding() is WEAK


def test_the_table_shows_the_latents_farthest_from_the_prior(strip, qtbot):
    strip.setFindings([WEAK])
    table = strip.findChild(QWidget, "diagnosisTable")
    assert table.isHidden()
    press(qtbot, strip, "diagnosisTableButton")
    assert table.isVisible()
    cells = [label.text() for label in table.findChildren(QLabel)]
    for row in WEAK.rows[:TABLE_ROWS]:
        place = cells.index(f"z{row.index:02d}")
        assert cells[place + 1 : place + 3] == [f"{row.mean:+.2f}", f"{row.variance:.3g}"]
    strip.setFindings([FEW])
    assert table.isHidden()
    strip.setFindings([WEAK])
    assert table.isVisible(), "it stays as it was left"


def test_the_buttons_ask_for_the_cure_and_for_silence(strip, asked, qtbot):
    strip.setFindings([WEAK, FEW])
    press(qtbot, strip, "cureButton")
    press(qtbot, strip, "dismissFindingButton")
    assert asked == [WEAK, WEAK.kind]


def shown(visit):
    """The kind of the finding on show, empty while there is none."""
    found = visit.find("diagnosis").finding()
    return found.kind if found else ""


def losses(visit):
    """Of all batches that were drawn, SSE + nats."""
    return curve(visit, "reconPlot")[1] + curve(visit, "klPlot")[1]


def test_in_the_window_the_cure_turns_the_knob_and_marks_the_curve(visit):
    visit.window.training.form.setValues({"warm_up": 5})
    train(visit, learningRate="0.004")
    visit.until(lambda: shown(visit) == "too few frames")  # 217 of them
    visit.click("dismissFindingButton")
    assert visit.find("diagnosis").isHidden()
    visit.type_into("betaField", "3000")
    visit.until(lambda: shown(visit) == "collapse")
    visit.click("cureButton")
    assert visit.find("betaField").value() == visit.session.run.config.beta == 0.5
    assert [text for _, text in visit.find("klPlot").marks()][-1] == "beta 3000 → 0.5"
    # Nor is what was dismissed told again.
    visit.until(lambda: not shown(visit))
    stop(visit)
    assert not shown(visit)


def test_a_run_that_blows_up_is_stopped_and_restarted_from_good_weights(visit):
    train(visit)
    visit.type_into("learningRateField", "1")
    visit.until(lambda: visit.can_click("trainButton"))
    before = losses(visit)
    if visit.window.findChild(QWidget, "failureDialog"):
        visit.dismiss()  # it came as far as a loss that is no number
    assert shown(visit) == "diverged"
    assert "learning rate of 1" in visit.find("diagnosis").finding().sentence
    visit.until(lambda: visit.session.model.vae is visit.session.vae)  # its figures are there
    visit.click("cureButton")
    assert (
        visit.find("learningRateField").value() == visit.session.run.config.learning_rate == 0.002
    )
    assert visit.session.trainer.is_running() and not shown(visit)
    visit.until(lambda: curve(visit, "klPlot")[0].size)
    assert losses(visit)[0] < 10 * before.min(), "not the weights that blew up"
    stop(visit)


def test_what_is_beyond_the_knobs_is_asked_of_others(visit):
    actions = []
    visit.window.diagnosing.actionRequested.connect(actions.append)
    train(visit)
    visit.until(lambda: shown(visit) == "too few frames")
    visit.click("cureButton")
    assert actions == ["collect frames"]
    stop(visit)
    assert shown(visit) == "too few frames", "what was found stays on show"
