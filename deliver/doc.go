// Package deliver sends the events of the clean log to destinations, each at
// its own pace.
package deliver
