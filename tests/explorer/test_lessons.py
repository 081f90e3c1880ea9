"""Lessons in the window: a model is broken on purpose, and the way back is always open."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel, QMessageBox

from explorer import session
from models.lesson import LESSONS
from models.teaching import PICTURES

STEPS = 6


@pytest.fixture(autouse=True)
def short_lessons(monkeypatch: pytest.MonkeyPatch):
    short = tuple(replace(lesson, changes=lesson.changes | {"steps": STEPS}) for lesson in LESSONS)
    monkeypatch.setattr(session, "LESSONS", short)


@pytest.fixture
def lesson(visit):
    """The open dialog of lessons."""
    visit.click("lessonsButton")
    return visit.window.lecturing.dialog


def endless(monkeypatch: pytest.MonkeyPatch, dialog) -> None:
    """Lessons that only a person ends."""
    whole = tuple(replace(one, changes=one.changes | {"steps": 10**6}) for one in LESSONS)
    monkeypatch.setattr(dialog, "_lessons", whole)


def broken(visit, dialog) -> None:
    """Run a lesson to its end."""
    visit.click("lessonStartButton")
    visit.until(lambda: dialog.state() == "ended")


def lesson_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("lesson")]


def test_a_lesson_shows_the_model_before_and_now_and_touches_nothing(visit, lesson):
    model, vae = visit.session.model, visit.session.vae
    visit.click("forgetChoice")
    broken(visit, lesson)
    frames = {picture.tobytes() for picture in visit.session.frames.batches(10**6).__next__()}
    for index in range(PICTURES):
        assert visit.picture(f"lessonBeforeFrame{index}").tobytes() in frames
        before = visit.picture(f"lessonBeforeReconstruction{index}")
        assert not np.array_equal(before, visit.picture(f"lessonNowReconstruction{index}"))
        assert visit.picture(f"lessonNowSample{index}").shape == before.shape
    for name in ("Reconstruction", "Kl", "Active", "Distance"):
        for half in ("Before", "Now"):
            assert visit.find(f"lesson{name}{half}", QLabel).text() != "–"
    assert visit.find("lessonProgress").value() == visit.find("lessonProgress").maximum()
    visit.click("lessonBackButton")
    assert not lesson.isVisible()
    assert visit.session.model is model and visit.session.vae is vae


def test_a_kept_model_is_the_current_one_until_one_goes_back(visit, lesson):
    session, dialog = visit.session, lesson
    model, vae, file = session.model, session.vae, session.file
    broken(visit, dialog)
    visit.click("lessonKeepButton")
    visit.until(lambda: dialog.state() == "kept")
    assert session.vae is session.model.vae is not vae
    assert session.file is None and session.model.name == f"{model.name} collapse*"
    assert session.model.training["steps"] == model.training["steps"] + STEPS
    assert session.model.training["commands"][-1].endswith("make it collapse")
    visit.until(visit.shows)
    dialog.reject()
    visit.click("lessonsButton")  # the way back stays open
    assert visit.find("lessonBackButton").text() == f"Go back to {model.name}"
    visit.click("lessonBackButton")
    assert session.model is model and session.vae is vae and session.file == file
    visit.until(visit.shows)


def test_closing_the_dialog_ends_the_lesson(visit, lesson, monkeypatch):
    endless(monkeypatch, lesson)
    visit.click("lessonStartButton")
    visit.until(lambda: visit.picture("lessonNowSample0") is not None)
    lesson.close()
    visit.until(lambda: not lesson_threads())
    assert visit.session.model.vae is visit.session.vae
    visit.click("lessonsButton")
    assert lesson.state() == "idle" and visit.picture("lessonNowSample0") is None


def test_closing_the_window_ends_the_lesson(visit, lesson, monkeypatch):
    endless(monkeypatch, lesson)
    visit.click("lessonStartButton")
    visit.until(lambda: visit.picture("lessonBeforeSample0") is not None)
    visit.window.close()
    assert visit.session.close()
    assert not lesson_threads()


def test_a_lesson_and_a_training_do_not_run_together(visit, lesson, monkeypatch):
    endless(monkeypatch, lesson)
    visit.click("lessonStartButton")
    visit.click("trainButton")
    assert "stop it before training" in visit.dialog().text()
    visit.dismiss()
    assert not visit.session.trainer.is_running()
    assert visit.window.training.state() == "idle"
    visit.click("lessonStopButton")
    visit.until(lambda: lesson.state() != "running")
    visit.click("trainButton")
    visit.until(lambda: visit.session.trainer.is_running())
    visit.click("lessonStartButton")
    assert "Stop the training first" in visit.find("lessonStatus").fullText()
    assert lesson.state() != "running"
    visit.click("stopButton")
    visit.until(lambda: not visit.session.trainer.is_running())
    assert visit.window.findChild(QMessageBox, "failureDialog") is None


def test_each_menu_entry_chooses_its_lesson(visit):
    entries = {action.text(): action for _, group in visit.window._menus.groups for action in group}
    dialog = visit.window.lecturing.dialog
    for text, name in (("forget the prior", "forget"), ("make it collapse", "collapse")):
        entries[f"Lesson: {text}…"].trigger()
        assert dialog.isVisible() and dialog.lesson().name == name
