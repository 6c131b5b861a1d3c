// Command release checks that the gateway compiles for every system and processor that a release has an executable
// for. It runs in the folder of the module.
package main
