package types

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Greatest lengths of texts, in bytes.
const (
	MaxZoneBytes        = 64
	MaxNameBytes        = 128
	MaxBeneficiaryBytes = 128
	MaxReasonBytes      = 256
)

// FieldError says which field breaks its rule, and the rule.
type FieldError struct {
	Field string
	Text  string
}

// Error implements error.
func (e *FieldError) Error() string { return e.Field + " " + e.Text }

func wrongField(field, format string, args ...any) error {
	return &FieldError{Field: field, Text: fmt.Sprintf(format, args...)}
}

// first returns the first of these errors that is one.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

var (
	isID         = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,63}$`).MatchString
	isTechnology = regexp.MustCompile(`^[a-z0-9_]{1,32}$`).MatchString
	isChainID    = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]{0,49}$`).MatchString
)

// validateID refuses what is no id of a device or an issuing body.
func validateID(field, id string) error {
	if !isID(id) {
		return wrongField(field, "is %q, must be 1 to 64 of a-z, 0-9, dot and hyphen, a letter or digit first", id)
	}
	return nil
}

func validateTechnology(name string) error {
	if !isTechnology(name) {
		return wrongField("technology", "is %q, must be 1 to 32 of a-z, 0-9 and underscore", name)
	}
	return nil
}

func validateChainID(field, id string) error {
	if !isChainID(id) {
		return wrongField(field, "is %q, must be a chain id: 1 to 50 letters, digits, . _ -", id)
	}
	return nil
}

func validateCapacity(watts uint64) error {
	if watts == 0 {
		return wrongField("capacity_w", "is 0, must be at least 1")
	}
	return nil
}

// validateText refuses what is not printable text of least to most bytes.
func validateText(field, text string, least, most int) error {
	switch {
	case len(text) < least || len(text) > most:
		return wrongField(field, "is %d bytes, must be from %d to %d", len(text), least, most)
	case !isPrintable(text):
		return wrongField(field, "is %q, must be UTF-8 without control and direction characters", text)
	case strings.HasPrefix(text, " ") || strings.HasSuffix(text, " "):
		return wrongField(field, "is %q, must neither begin nor end with a space", text)
	}
	return nil
}

// isPrintable tells whether a text is UTF-8 in which nothing moves a cursor, turns
// the direction of writing or cannot be seen. It asks no table of Unicode, which
// would differ between releases of Go.
func isPrintable(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		switch {
		case r < 0x20, r >= 0x7f && r <= 0x9f, r == 0x200e, r == 0x200f, r == 0xfeff,
			r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return false
		}
	}
	return true
}
