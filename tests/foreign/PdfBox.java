// Fill a form with PDFBox, on which many programs of public bodies are built.
//
//     java -cp /usr/share/java/pdfbox2.jar:… PdfBox.java in.pdf answers.txt out.pdf
//
// A line of answers is a name and an answer, each as the hexadecimal digits of its UTF-8.
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
    try (PDDocument document = PDDocument.load(new File(words[0]))) {
      for (String line : Files.readAllLines(Path.of(words[1]))) {
        String[] told = line.split(" ", -1);
        PDField field = document.getDocumentCatalog().getAcroForm().getField(plain(told[0]));
        String answer = plain(told[1]);
        if (field instanceof PDCheckBox box) {
          if (answer.equals("true")) box.check(); else box.unCheck();
          continue;
        }
        try {
          field.setValue(answer);
        } catch (IllegalArgumentException | UnsupportedOperationException error) {
          // It has the value, and cannot draw a letter that is not Latin-1.
          if (!field.getValueAsString().contains(answer)) throw error;
        }
      }
      document.save(words[2]);
    }
  }

  static String plain(String digits) {
    return new String(HexFormat.of().parseHex(digits), StandardCharsets.UTF_8);
  }
}
