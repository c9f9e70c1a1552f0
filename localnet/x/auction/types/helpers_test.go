package types_test

import (
	"encoding/json"
	"testing"
)

// equalJSON compares two values by what they print.
func equalJSON(t *testing.T, got, want any) {
	t.Helper()
	gotText, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	wantText, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if string(gotText) != string(wantText) {
		t.Errorf("got  %s\nwant %s", gotText, wantText)
	}
}
