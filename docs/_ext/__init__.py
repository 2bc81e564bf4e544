"""What the pages take from the code while they are built: tables, help texts, lists of names."""
