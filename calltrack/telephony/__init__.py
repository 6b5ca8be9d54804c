"""What callers hear and which phone rings; the carrier seam."""
