"""The pages, each a function from what was asked to an answer."""
