"""What banks send: account statements in camt.053, and the folder that they are put into."""
