#!/bin/sh
# Cross-compiles the release: static binaries for each system, with checksums.
# Usage: scripts/release.sh VERSION LDFLAGS
set -eu
version=$1 ldflags=$2
limit=$((80 * 1024 * 1024))
rm -rf release
mkdir -p release
for os in linux darwin windows; do
  for arch in amd64 arm64; do
    ext=
    [ "$os" = windows ] && ext=.exe
    out=release/secant-$version-$os-$arch$ext
    CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build -trimpath -buildvcs=false -ldflags "$ldflags" -o "$out" ./cmd/secant
    size=$(wc -c <"$out")
    echo "$out $((size / 1024 / 1024)) MB"
    if [ "$size" -gt "$limit" ]; then
      echo "$out is larger than 80 MB" >&2
      exit 1
    fi
  done
done
(cd release && sha256sum secant-* >SHA256SUMS)
