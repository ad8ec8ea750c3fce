"""Networks: layers, graphs and templates.

It needs torch and pydantic only, and knows nothing of the application.
"""
