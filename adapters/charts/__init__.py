"""Drawings of figures: SVG."""
