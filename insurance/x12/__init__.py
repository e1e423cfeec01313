"""X12 eligibility messages as text: writes 270s, reads 271s, 999s and TA1s. Knows no model and no network."""
