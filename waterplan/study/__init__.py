"""What is known and what is asked: tables, studies, scenarios."""
