// Package workbench tests the documentation page in a real Chromium, against the gateway's executable and real databases:
// that every example which the page fills in succeeds, that it can be used by keyboard alone, that it can be read, and
// that text of the database stays text. Its tests have the build tag browser: make browser-test.
package workbench
