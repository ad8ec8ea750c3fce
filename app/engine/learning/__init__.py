"""What is learned and how: tasks, losses, optimizers, schedules, metrics."""
