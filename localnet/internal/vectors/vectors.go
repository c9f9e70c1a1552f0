// Package vectors reads tests/vectors, which Python and Go both prove. Only
// tests import it.
package vectors

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// folder is tests/vectors as seen from a package localnet/x/<module>/<package>.
const folder = "../../../../tests/vectors"

// Vector is one case; its input and output are those of its file's subject.
type Vector[I, O any] struct {
	Name       string `json:"name"`
	Provenance string `json:"provenance"`
	Input      I      `json:"input"`
	Expected   O      `json:"expected"`
}

// Run checks every vector of a subject in a test of its own. A field that the
// types do not know fails the test, so that no expectation goes unread.
func Run[I, O any](t *testing.T, subject string, check func(*testing.T, I, O)) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(folder, subject+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Format  string         `json:"format"`
		Subject string         `json:"subject"`
		Vectors []Vector[I, O] `json:"vectors"`
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	if file.Format != "plurichain/vectors/1" || len(file.Vectors) == 0 {
		t.Fatalf("%s: %d vectors of format %q", subject, len(file.Vectors), file.Format)
	}
	for _, vector := range file.Vectors {
		t.Run(vector.Name, func(t *testing.T) { check(t, vector.Input, vector.Expected) })
	}
}

// Hex is bytes in lower-case hex; null is nil.
type Hex []byte

// UnmarshalJSON implements json.Unmarshaler.
func (h *Hex) UnmarshalJSON(raw []byte) error {
	var text *string
	if err := json.Unmarshal(raw, &text); err != nil || text == nil {
		return err
	}
	decoded, err := hex.DecodeString(*text)
	*h = append(Hex{}, decoded...)
	return err
}
