module github.com/secantdev/secant

go 1.26
