"""The Training page: figures, curves, memory and predictions of the run, live."""

from app.ui.pages.training.page import TrainingPage

__all__ = ["TrainingPage"]
