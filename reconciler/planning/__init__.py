"""What will be done: desired × observed → plan, pure."""
