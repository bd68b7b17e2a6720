"""What every inbox and every outlet must do, as test classes to run on each of them."""
