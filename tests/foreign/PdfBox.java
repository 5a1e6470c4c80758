// Fill a form with PDFBox, on which many programs of public bodies are built.
//
//     java -cp /usr/share/java/pdfbox2.jar:… PdfBox.java jobs
//
// A line is «form in.pdf out.pdf» or «field name answer», of the form above it: each word as the hexadecimal digits of its UTF-8.
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.interactive.form.PDCheckBox;
import org.apache.pdfbox.pdmodel.interactive.form.PDField;

public class PdfBox {
  public static void main(String[] words) throws Exception {
    PDDocument document = null;
    String target = null;
    for (String line : Files.readAllLines(Path.of(words[0]))) {
      String[] told = line.split(" ", -1);
      if (told[0].equals("form")) {
        save(document, target);
        document = PDDocument.load(new File(plain(told[1])));
        target = plain(told[2]);
      } else {
        fill(document.getDocumentCatalog().getAcroForm().getField(plain(told[1])), plain(told[2]));
      }
    }
    save(document, target);
  }

  static void fill(PDField field, String answer) throws Exception {
    if (field instanceof PDCheckBox box) {
      if (answer.equals("true")) box.check(); else box.unCheck();
      return;
    }
    try {
      field.setValue(answer);
    } catch (IllegalArgumentException | UnsupportedOperationException error) {
      // It has the value, and cannot draw a letter that is not Latin-1.
      if (!field.getValueAsString().contains(answer)) throw error;
    }
  }

  static void save(PDDocument document, String target) throws Exception {
    if (document == null) return;
    document.save(target);
    document.close();
  }

  static String plain(String digits) {
    return new String(HexFormat.of().parseHex(digits), StandardCharsets.UTF_8);
  }
}
