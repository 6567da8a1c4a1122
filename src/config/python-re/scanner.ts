/** Reads a pattern character by character. */

/** A pattern that Python rejects, or that JavaScript has no equivalent for. */
export class PatternError extends Error {
	override readonly name = "PatternError";
	/** 1-based character of the pattern. */
	readonly position: number;

	constructor(message: string, offset: number) {
		super(`${message} (at character ${offset + 1} of the pattern)`);
		this.position = offset + 1;
	}
}

export class PatternScanner {
	/** Characters read so far. */
	offset = 0;
	readonly #characters: readonly string[];

	constructor(source: string) {
		this.#characters = [...source];
	}

	/** The text read since `start`. */
	since(start: number): string {
		return this.#characters.slice(start, this.offset).join("");
	}

	/** Reads up to two octal digits. */
	octalDigits(): string {
		let digits = "";
		while (digits.length < 2 && /^[0-7]$/.test(this.peek() ?? "")) {
			digits += this.next();
		}
		return digits;
	}

	/** Reads exactly `length` hexadecimal digits, as a number. */
	hex(length: number, letter: string, start: number): number {
		const digits = this.#characters.slice(this.offset, this.offset + length).join("");
		if (!new RegExp(`^[0-9a-fA-F]{${length}}$`).test(digits)) {
			throw new PatternError(`\\${letter} must be followed by ${length} hexadecimal digits`, start);
		}
		this.offset += length;
		return Number.parseInt(digits, 16);
	}

	/** Reads all decimal digits that follow. */
	digits(): string {
		let digits = "";
		while (/^[0-9]$/.test(this.peek() ?? "")) {
			digits += this.next();
		}
		return digits;
	}

	/** The next character, without reading it; undefined at the end. */
	peek(): string | undefined {
		return this.#characters[this.offset];
	}

	/** Reads the character if it is the next. */
	take(character: string): boolean {
		if (this.peek() !== character) {
			return false;
		}
		this.offset++;
		return true;
	}

	/** Reads the next character; at the end of the pattern, throws `ended` at `start`. */
	next(ended = "unexpected end of pattern", start = this.offset): string {
		const character = this.peek();
		if (character === undefined) {
			throw new PatternError(ended, start);
		}
		this.offset++;
		return character;
	}

	/** An error at the next character. */
	error(message: string): PatternError {
		return new PatternError(message, this.offset);
	}
}
