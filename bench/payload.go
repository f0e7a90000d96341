package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
)

// eventTemplate is a track call of a shop's website, about 1.1 KB, as the
// browser library sends it. MMM… is the messageId, AAA… the anonymousId, PPP…
// the order: random digits, so that the log cannot compress them away.
const eventTemplate = `{"timestamp":"2026-08-01T10:00:00.000Z","integrations":{},"anonymousId":"AAAAAAAA-AAAA-4AAA-8AAA-AAAAAAAAAAAA","event":"Order Completed","type":"track","properties":{"order_id":"PPPPPPPPPPPP","affiliation":"Shop","currency":"EUR","total":119.97,"revenue":99.97,"shipping":5,"tax":15,"coupon":"summer","products":[{"product_id":"507f1f77bcf86cd799439011","sku":"45790-32","name":"Espresso machine","price":79.99,"quantity":1,"category":"Kitchen"},{"product_id":"505bd76785ebb509fc183733","sku":"46493-32","name":"Coffee beans","price":9.99,"quantity":2,"category":"Food"}]},"context":{"page":{"path":"/checkout/done","referrer":"https://shop.example/checkout","search":"?step=4","title":"Thank you for your order","url":"https://shop.example/checkout/done?step=4"},"userAgent":"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36","locale":"en-US","timezone":"Europe/Paris","library":{"name":"analytics.js","version":"next-1.84.1"}},"messageId":"ajs-next-1785578400000-MMMMMMMM-MMMM-4MMM-8MMM-MMMMMMMMMMMM"}`

// visitors is how many different people the events come from.
const visitors = 100_000

// request is one preformatted HTTP request and the places in it that differ
// from send to send.
type request struct {
	wire             []byte
	messages, people [][]int // per event: offsets of the random digits
	orders           [][]int
	rng              *rand.Rand
}

// newRequest prepares the request that one connection repeats.
func newRequest(addr string, s scenario, writeKey string, seed uint64) *request {
	body, path := eventTemplate, "/v1/t"
	if s.Batch > 1 {
		path = "/v1/batch"
		body = `{"batch":[` + strings.Repeat(eventTemplate+",", s.Batch-1) + eventTemplate + `],"sentAt":"2026-08-01T10:00:00.010Z"}`
	} else {
		body = strings.TrimSuffix(body, "}") + `,"sentAt":"2026-08-01T10:00:00.010Z"}`
	}
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Basic %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
		path, addr, base64.StdEncoding.EncodeToString([]byte(writeKey+":")), len(body))
	r := &request{wire: []byte(head + body), rng: rand.New(rand.NewPCG(seed, 0x5eca47))}
	at := len(head)
	for range s.Batch {
		end := at + bytes.Index(r.wire[at:], []byte(`"messageId":"`)) + len(`"messageId":"ajs-next-1785578400000-`) + 36
		event := r.wire[at:end]
		r.messages = append(r.messages, places(event, 'M', 30, at))
		r.people = append(r.people, places(event, 'A', 30, at))
		r.orders = append(r.orders, places(event, 'P', 12, at))
		at = end
	}
	return r
}

// places finds the last run of want letters c in event that belong to a
// placeholder: dashes and the fixed digits of a UUID stand between them.
func places(event []byte, c byte, want, base int) []int {
	run := bytes.Repeat([]byte{c}, 8)
	start := bytes.Index(event, run)
	var at []int
	for i := start; len(at) < want; i++ {
		if event[i] == c {
			at = append(at, base+i)
		}
	}
	return at
}

const hexDigits = "0123456789abcdef"

// next gives every event of the request a new messageId, person and order and
// returns the bytes to send. The first digits of the messageId come from two
// random words, so two events share one with probability 2⁻¹²⁰.
func (r *request) next() []byte {
	for i := range r.messages {
		put(r.wire, r.messages[i][:15], r.rng.Uint64())
		put(r.wire, r.messages[i][15:], r.rng.Uint64())
		person := r.rng.Uint64N(visitors) * 0x9e3779b97f4a7c15
		put(r.wire, r.people[i][:15], person)
		put(r.wire, r.people[i][15:], person*0xbf58476d1ce4e5b9)
		put(r.wire, r.orders[i], r.rng.Uint64())
	}
	return r.wire
}

func put(wire []byte, at []int, word uint64) {
	for _, i := range at {
		wire[i] = hexDigits[word&15]
		word >>= 4
	}
}

func writeKey(source int) string { return fmt.Sprintf("wk_bench_%03d", source) }
