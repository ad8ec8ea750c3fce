"""Runs beside the window: in processes of their own, and waiting in the queue."""
