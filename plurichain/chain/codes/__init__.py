"""What the error codes of a chain mean, by codespace, and what a person does about them."""
