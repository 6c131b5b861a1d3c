// Command release makes what is published of a version: for every platform an archive with the executable, the
// documentation, the manual page, completions for shells and the files for deployment, packages of Debian and of RPM, a
// bill of materials (SBOM), and the checksums of all. The same source and the same version of Go give the same bytes.
// Without a folder to write into, it checks that the gateway compiles for every platform.
//
// It runs in the folder of the module.
package main
