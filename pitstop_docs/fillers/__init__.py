"""A filler takes a template and what to print, and gives back the document's bytes: one module a format."""
