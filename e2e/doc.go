// Package e2e holds tests that see Secant as its users do: they start the
// built binary, send it events by HTTP and by official clients, give it a real
// webhook, kill it, fill its disk, and look at what arrives. They import
// nothing of the product but internal/testkit. The browser's share of this is
// in web/e2e.
package e2e
