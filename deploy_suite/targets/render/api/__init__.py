"""Render's API: requests out, values in.

Source: https://api-docs.render.com/reference/introduction
"""
