"""Materials (材料): files that an applicant hands in; what they are, and where they are."""
