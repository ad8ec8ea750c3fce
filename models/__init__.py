"""Networks: layers, graphs and templates.

Needs torch and pydantic only; knows nothing of the application.
"""
