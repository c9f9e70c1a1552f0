package types

import (
	"fmt"
	"regexp"
	"unicode/utf8"
)

// Greatest lengths of texts, in bytes.
const (
	MaxIDBytes          = 64
	MaxTechnologyBytes  = 32
	MaxZoneBytes        = 64
	MaxNameBytes        = 128
	MaxChainIDBytes     = 50
	MaxBeneficiaryBytes = 128
	MaxReasonBytes      = 256
)

var (
	isID         = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,63}$`).MatchString
	isTechnology = regexp.MustCompile(`^[a-z0-9_]{1,32}$`).MatchString
)

// validateID tells what is wrong with the id of a device or an issuing body.
func validateID(field, id string) error {
	if !isID(id) {
		return fmt.Errorf("%s is %q, must be 1 to %d lower-case letters, digits, dots and hyphens, the first a letter or digit",
			field, id, MaxIDBytes)
	}
	return nil
}

func validateTechnology(name string) error {
	if !isTechnology(name) {
		return fmt.Errorf("technology is %q, must be 1 to %d lower-case letters, digits and underscores", name, MaxTechnologyBytes)
	}
	return nil
}

// validateText tells what is wrong with a text for people of least to most bytes.
func validateText(field, text string, least, most int) error {
	if len(text) < least || len(text) > most {
		return fmt.Errorf("%s is %d bytes, must be from %d to %d", field, len(text), least, most)
	}
	if !isPrintable(text) {
		return fmt.Errorf("%s is %q, must be printable text in UTF-8", field, text)
	}
	return nil
}

// isPrintable tells whether a text is UTF-8 without control characters and line
// ends. It asks no table of Unicode, which would differ between releases of Go.
func isPrintable(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 {
			return false
		}
	}
	return true
}
