// Package deliver sends the events of the clean log to destinations, each at
// its own pace.
//
// Every destination has a runner: one reader and one cursor per partition of
// the log, lanes that keep the events of a visitor in order, a breaker, and a
// keeper that saves progress. Runners share nothing but the log and the store,
// so a slow or dead destination costs its own cursor and never another's time.
//
// What it promises: every event that the log holds and that is meant for an
// enabled destination is settled: delivered at least once, or kept as a dead
// letter. A failed delivery is parked in the same transaction that moves the
// cursor beyond it. After a crash, what was delivered since the last checkpoint
// is sent again: no more than a second's worth, or Options.CheckpointEvery
// events, and what was under way.
//
// What it does not: order across visitors; order around a parked event, which
// later events of its visitor may overtake; delivery of events that retention
// took from the log before a failing destination came back, which is counted
// and shown.
//
// A new destination starts with the events received after it was made, and one
// that is switched on with those received after that.
package deliver
