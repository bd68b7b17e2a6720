"""The page where Customer Care do the work: over casework and registers, and nothing below them."""
