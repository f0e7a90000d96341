package secant

import (
	"bytes"
	"testing"
)

// FuzzDecodeRecord decodes arbitrary bytes: what is accepted has to be within
// the bytes given and to survive being encoded again.
func FuzzDecodeRecord(f *testing.F) {
	json := []byte(`{"messageId":"m-1","type":"track","event":"Order Completed"}`)
	r := Record{
		Source: "shop-web", Type: TypeTrack, ReceivedAt: 1700000000000, Lane: 42,
		JSON: json, MessageID: json[14:17], Name: json[43:58],
	}
	encoded := AppendRecord(nil, &r)
	f.Add(encoded)
	r.Reason = "Invalid Type"
	f.Add(AppendRecord(encoded, &r))
	f.Add([]byte{2, 1, 1})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		var got Record
		rest, err := DecodeRecord(b, &got)
		if err != nil {
			return
		}
		if len(rest) >= len(b) || !bytes.HasSuffix(b, rest) {
			t.Fatalf("%d of %d bytes are left", len(rest), len(b))
		}
		if !bytes.Contains(got.JSON, got.MessageID) || !bytes.Contains(got.JSON, got.Name) {
			t.Fatal("a field lies outside of the JSON")
		}
		var again Record
		rest, err = DecodeRecord(AppendRecord(nil, &got), &again)
		if err != nil || len(rest) != 0 {
			t.Fatalf("encoded again: %v, %d bytes left", err, len(rest))
		}
		if again.Source != got.Source || again.Type != got.Type || again.Reason != got.Reason ||
			again.ReceivedAt != got.ReceivedAt || again.Lane != got.Lane || !bytes.Equal(again.JSON, got.JSON) ||
			!bytes.Equal(again.MessageID, got.MessageID) || !bytes.Equal(again.Name, got.Name) {
			t.Fatalf("got %+v, want %+v", again, got)
		}
	})
}
