// Package secant is the vocabulary of Secant, an open-source customer data
// platform: the nouns every other package shares (event records, sources,
// destinations, reasons, roles), their validation, and the sentinel errors.
//
// It imports only the standard library and does no input or output. How the
// pieces work together is described in docs/architecture.md.
package secant
