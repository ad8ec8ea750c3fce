"""Datasets: read once into arrays, split, prepared and augmented in one place."""
