"""What holds whatever the uncertain figures turn out to be, and which of them to check first."""
