// Package eventlog keeps events on disk, in order, before anyone is told that
// they are safe. The collector appends records to a raw log, the pipeline reads
// it and appends what is good to a clean log, and every destination reads that.
//
// A Log has a fixed number of partitions. Records appended at about the same
// time share a chunk per partition, and all chunks of a commit share one write
// and one fdatasync. Chunks are numbered from 1 without holes in each partition.
//
// What it promises: Append returns nil only after its records are on stable
// storage; readers see nothing that is not; damage on the disk costs at most the
// chunk it lies in and is reported, never passed over in silence. What it does
// not: a commit is not atomic, so after a crash a part of one that was never
// acknowledged may be there; and there is one process per directory.
//
// Log does the grouping and knows records. Below it an Engine keeps opaque
// chunks: Files, our own log files (their format is described in format.go), or
// a replicated log that passes eventlogtest.Run.
package eventlog
