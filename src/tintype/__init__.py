"""Tintype: one image API in front of every image model."""
