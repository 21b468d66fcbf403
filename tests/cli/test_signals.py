"""Ctrl+C and its kin end a command in an orderly way."""

from __future__ import annotations

import signal

import pytest

from engine.cli.signals import cancelled_by_signal, stopped_by_signal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_the_running_call(number: signal.Signals):
    with cancelled_by_signal() as token:
        assert not token.cancelled
        signal.raise_signal(number)
        assert token.cancelled


def test_a_signal_sets_the_event_of_a_server():
    with stopped_by_signal() as stop:
        signal.raise_signal(signal.SIGTERM)
        assert stop.is_set()


def test_a_second_ctrl_c_acts_as_usual():
    # Usual is not what a shell gives to its background jobs, which are deaf to Ctrl+C.
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with cancelled_by_signal():
            signal.raise_signal(signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, former)


def test_the_handlers_are_back_afterwards():
    before = signal.getsignal(signal.SIGINT)
    with cancelled_by_signal():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
def test_a_program_that_was_started_to_outlive_its_terminal_does():
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopped_by_signal() as stop:
            signal.raise_signal(signal.SIGHUP)
            assert not stop.is_set()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, former)
