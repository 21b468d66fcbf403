"""Item models over windows of rows; they never hold a whole folder and never touch a file."""
