"""Networks as data: blocks, graphs, templates; knows nothing of the application.

It needs torch and pydantic only.
"""
