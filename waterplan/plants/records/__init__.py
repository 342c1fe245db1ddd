"""What plants tell of themselves: records of a site and year, read from any table and checked; the template."""
