import Testing

@testable import Documents

@Suite struct LoadingTests {
    private func read(_ text: String, _ kind: DocumentKind?) throws -> Document {
        try DocumentLoader().read(Array(text.utf8), kind)
    }

    @Test func zeroBytesAreTakenOut() throws {
        #expect(try read("inv\u{0}oice 17", .text).parts[0].text == "invoice 17")
    }

    @Test func binaryFilesAreNoText() {
        let bytes = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        #expect(throws: Malformed.self) { try DocumentLoader().read(bytes, .text) }
    }

    @Test func textsOfOtherEncodings() throws {
        let latin: [UInt8] = Array("Gr".utf8) + [0xFC, 0xDF] + Array("e, 5 ".utf8) + [0x80]
        #expect(try DocumentLoader().read(latin, .text).parts[0].text == "Grüße, 5 €")
        let wide: [UInt8] = [0xFF, 0xFE, 0x48, 0, 0x69, 0]
        #expect(try DocumentLoader().read(wide, .text).parts[0].text == "Hi")
        #expect(try read("a\r\nb\rc", .text).parts[0].text == "a\nb\nc")
    }

    @Test func byteOrderMarksAreNoPartOfAHeading() throws {
        let bytes: [UInt8] = [0xEF, 0xBB, 0xBF] + Array("Name,Age\nAna,5\n\"Lee, \"\"Bo\"\"\nJr\",7\nEve,9\n".utf8)
        let part = try DocumentLoader().read(bytes, .commaTable).parts[0]
        #expect(part.text == "Name: Ana; Age: 5\nName: Lee, \"Bo\" Jr; Age: 7\nName: Eve; Age: 9")
        #expect(part.lines == .numbered([2, 3, 5], name: "line"))
    }

    @Test func pagesAreReadAsTheyAreSeen() throws {
        let page = """
            <!DOCTYPE html><title>Fees &amp; more</title><style>p{}</style><script>if (a < b) x("<p>no</p>")</script>
            <h2>Late&nbsp;payment</h2><p>You pay <b>40</b>&euro;<br>at once.<ul><li>one<li>two</ul>
            <table><tr><td>a<td>b</tr></table><pre>x
              y</pre><p>1 < 2 &unknown;
            """
        let expected = """
            # Fees & more

            ## Late payment

            You pay 40€
            at once.

            - one
            - two

            a | b

            x
              y

            1 < 2 &unknown;
            """
        #expect(try read(page, .html).parts[0].text.replacing("\u{A0}", with: " ") == expected)
    }

    @Test func textAsAfterAcceptingChanges() throws {
        let xml = """
            <?xml version="1.0"?><w:document xmlns:w="x"><w:body>
            <w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>Fees</w:t></w:r></w:p>
            <w:p><w:r><w:t xml:space="preserve">The fee is </w:t></w:r><w:ins><w:r><w:t>40 EUR</w:t></w:r></w:ins>
            <w:del><w:r><w:delText>30 EUR</w:delText></w:r></w:del></w:p>
            <w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
            </w:body></w:document>
            """
        let document = try DocumentLoader().read(Archives.zip([("word/document.xml", xml)]), .word)
        #expect(document.parts[0].text == "# Fees\n\nThe fee is 40 EUR\n\na | b")
    }

    @Test func slidesSheetsTextsAndBooks() throws {
        let slides = Archives.zip([
            ("ppt/slides/slide10.xml", "<p:sld><a:p><a:r><a:t>Last</a:t></a:r></a:p></p:sld>"),
            (
                "ppt/slides/slide2.xml",
                "<p:sld><a:p><a:t>Second</a:t></a:p><a:p><a:fld><a:t>2</a:t></a:fld></a:p></p:sld>"
            ),
        ])
        let shown = try DocumentLoader().read(slides, .presentation).parts
        #expect(shown.map(\.place) == ["slide 2", "slide 10"] && shown.map(\.text) == ["Second", "Last"])

        let sheets = Archives.zip([
            ("xl/workbook.xml", "<workbook><sheets><sheet name=\"Prices\" r:id=\"r1\"/></sheets></workbook>"),
            (
                "xl/_rels/workbook.xml.rels",
                "<Relationships><Relationship Id=\"r1\" Target=\"worksheets/s.xml\"/></Relationships>"
            ),
            ("xl/sharedStrings.xml", "<sst><si><t>Item</t></si><si><r><t>Ta</t></r><r><t>ble</t></r></si></sst>"),
            (
                "xl/worksheets/s.xml",
                """
                <worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>Price</t></is></c>
                </row><row r="4"><c r="A4" t="s"><v>1</v></c><c r="C4"><v>80.5</v></c></row></sheetData></worksheet>
                """
            ),
        ])
        let sheet = try DocumentLoader().read(sheets, .spreadsheet).parts[0]
        #expect(sheet.text == "Item: Table; Price: 80.5" && sheet.place == "sheet Prices")
        #expect(sheet.lines == .numbered([4], name: "row"))

        let content = """
            <office:document-content><office:body><text:h text:outline-level="2">Rules</text:h><text:p>No<text:s/>smoking.</text:p>
            <text:list><text:list-item><text:p>one</text:p></text:list-item></text:list></office:body></office:document-content>
            """
        let text = try DocumentLoader().read(Archives.zip([("content.xml", content)]), .openDocument)
        #expect(text.parts[0].text == "## Rules\n\nNo smoking.\n\n- one")

        let book = Archives.zip([
            ("META-INF/container.xml", "<container><rootfile full-path=\"O/b.opf\"/></container>"),
            (
                "O/b.opf",
                "<package><item id=\"b\" href=\"b.xhtml\"/><item id=\"a\" href=\"a%201.xhtml\"/><itemref idref=\"a\"/><itemref idref=\"b\"/></package>"
            ),
            ("O/a 1.xhtml", "<html><h1>One</h1><p>First.</p></html>"), ("O/b.xhtml", "<html><p>Second.</p></html>"),
        ])
        let chapters = try DocumentLoader().read(book, .book).parts
        #expect(chapters.map(\.text) == ["# One\n\nFirst.", "Second."] && chapters[1].place == "chapter 2")
    }

    @Test func bombsAreRefused() {
        var loader = DocumentLoader()
        loader.maximumUnpackedSize = 1 << 20
        let bomb = Archives.zip([("word/document.xml", [UInt8](repeating: 0x20, count: 8 << 20))])
        #expect(throws: Malformed.self) { try loader.read(bomb, .word) }
        // One whose directory tells a smaller size.
        var liar = bomb
        let directory = (0..<liar.count - 4).last { Array(liar[$0..<$0 + 4]) == [0x50, 0x4B, 1, 2] } ?? 0
        for place in 0..<4 { liar[directory + 24 + place] = place == 0 ? 9 : 0 }
        #expect(throws: Malformed.self) { try loader.read(liar, .word) }
        let laughs = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><w:document><w:t>&b;</w:t></w:document>"
        #expect(throws: Malformed.self) { try loader.read(Archives.zip([("word/document.xml", laughs)]), .word) }
    }

    @Test func brokenArchivesAreErrors() {
        let whole = Archives.zip([("word/document.xml", "<w:document><w:p><w:t>Some text.</w:t></w:p></w:document>")])
        for count in 0..<whole.count { _ = try? DocumentLoader().read(Array(whole.prefix(count)), .word) }
        for place in whole.indices {
            var broken = whole
            broken[place] ^= 0xFF
            _ = try? DocumentLoader().read(broken, .word)
        }
        #expect(throws: Malformed.self) { try DocumentLoader().read(Array("no archive".utf8), .word) }
    }

    @Test func valuesOfJSON() throws {
        let list = try read(#"[{"name": "Ana", "tags": ["a", "b"]}, {"name": "Bo", "at": {"city": "Rome"}}]"#, .json)
        #expect(list.parts[0].text == "name: Ana; tags: a, b\nname: Bo; at.city: Rome")
        #expect(list.parts[0].lines == .numbered([1, 2], name: "item"))
        let lines = try read("{\"a\": 1}\n\nnot json\n{\"a\": 2}\n", .jsonLines)
        #expect(lines.parts[0].lines == .numbered([1, 4], name: "line") && lines.notes == ["line 3 is no JSON"])
        let cells =
            ##"{"cells": [{"cell_type": "markdown", "source": ["# Title\n", "text"]}, {"cell_type": "code", "source": "1+1", "outputs": [{"data": {"text/plain": ["2"]}}]}]}"##
        #expect(try read(cells, .notebook).parts.map(\.text) == ["# Title\ntext", "1+1\n\n2"])
    }

    @Test func messages() throws {
        let message = """
            From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>
            Subject: Hello
             again
            Content-Type: multipart/mixed; boundary="x"

            --x
            Content-Type: text/plain; charset=iso-8859-1
            Content-Transfer-Encoding: quoted-printable

            Gr=FC=DFe, this line goes=
             on.
            --x
            Content-Type: application/pdf
            Content-Disposition: attachment; filename="bill.pdf"

            %PDF
            --x--
            """
        let document = try read(message, .message)
        #expect(document.parts[0].text.hasPrefix("From: Jürgen <j@example.org>\nSubject: Hello again\n"))
        #expect(document.parts[0].text.contains("Grüße, this line goes on."))
        #expect(document.notes == ["not read: bill.pdf"])
        let box = "From a@b\nSubject: One\n\nfirst\n\nFrom c@d\nSubject: Two\n\nRnJvbSBoZXJl\n"
        #expect(try read(box, .mailbox).parts.map(\.place) == ["message 1", "message 2"])
    }
}
