"""Advice: findings before and while a network trains, with the changes of settings that help."""
