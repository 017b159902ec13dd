"""A plan as one page to look at: a file with its own style, script and data, and nothing from elsewhere."""
