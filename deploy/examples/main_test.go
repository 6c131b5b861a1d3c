package examples

import "flag"

var update = flag.Bool("update", false, "write what the commands of the tutorial print into it")
