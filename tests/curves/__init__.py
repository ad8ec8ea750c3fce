"""Recorded trainings, healthy and ill, on which the findings of the Guide are judged."""
