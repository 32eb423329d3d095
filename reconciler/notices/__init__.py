"""What people are told of by themselves: once when it begins, once when it is over."""
