package clearing

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
)

// ClearJSON clears the problem in text and returns its result as one line of
// JSON without a line end. The only errors are of type Refusal.
func ClearJSON(text []byte) ([]byte, error) {
	problem, err := ParseProblem(text)
	if err != nil {
		return nil, err
	}
	return compute(&problem).AppendJSON(nil, &problem), nil
}

// ClearLines clears one problem a line of in, and writes one line each to out:
// the result, or {"refused": reason}. It writes out what it has whenever it
// would wait for input. The only errors are those of reading and writing.
func ClearLines(in io.Reader, out io.Writer) error {
	const size = 1 << 16
	reader, writer := bufio.NewReaderSize(in, size), bufio.NewWriterSize(out, size)
	for {
		line, err := reader.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if len(line) > 0 {
			if _, err := writer.Write(ClearLine(bytes.TrimSuffix(line, []byte{'\n'}))); err != nil {
				return err
			}
		}
		if err != nil {
			return writer.Flush()
		}
		if reader.Buffered() == 0 {
			if err := writer.Flush(); err != nil {
				return err
			}
		}
	}
}

// ClearLine returns the line that answers one problem.
func ClearLine(text []byte) []byte {
	result, err := ClearJSON(text)
	if err != nil {
		result = appendString([]byte(`{"refused":`), err.Error())
		result = append(result, '}')
	}
	return append(result, '\n')
}

// AppendJSON appends the result of p to out in the form of a problem file's
// result: keys in fixed order, bidders in the order of the bids, no blanks.
func (r *Result) AppendJSON(out []byte, p *Problem) []byte {
	out = append(out, `{"status":"cleared","welfare":"`...)
	out = r.Welfare.Append(out, 10)
	out = append(out, `","allocation":{`...)
	for i := range r.Awards {
		out = appendRow(out, i, p.Bids[i].Name)
		out = strconv.AppendUint(out, r.Awards[i].Allocation, 10)
		out = append(out, '"')
	}
	out = append(out, `},"payment":{`...)
	for i := range r.Awards {
		out = appendRow(out, i, p.Bids[i].Name)
		out = r.Awards[i].Payment.appendDecimal(out)
		out = append(out, '"')
	}
	out = append(out, `},"clearing_price":`...)
	if r.ClearingPrice == nil {
		out = append(out, "null"...)
	} else {
		out = append(out, '"')
		out = r.ClearingPrice.Append(out, 10)
		out = append(out, '"')
	}
	out = append(out, `,"surplus":"`...)
	out = r.Surplus.Append(out, 10)
	return append(out, `"}`...)
}

// appendRow begins row i: its key, and the quote before its value.
func appendRow(out []byte, i int, name string) []byte {
	if i > 0 {
		out = append(out, ',')
	}
	out = appendString(out, name)
	return append(out, ':', '"')
}
